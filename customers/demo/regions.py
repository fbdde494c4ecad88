"""The world of the demo: names, places and tax IDs of made-up people and companies, by country.

A name is written as its people write it, and where that is not in Latin letters its e-mail spelling follows a colon.
In patterns, `#` is a digit.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    country: str
    """ISO 3166-1 alpha-2."""
    area: str
    """What the integrator's metadata call this part of the world."""
    given_names: tuple[str, ...]
    family_names: tuple[str, ...]
    full_name: str
    """How the two make a name."""
    companies: tuple[str, ...]
    """Patterns of company names, from a `{family}` or a `{city}`."""
    streets: tuple[str, ...]
    cities: tuple[tuple[str, str | None, str], ...]
    """City, state and pattern of the postal code."""
    tax_id: str


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


REGIONS: tuple[Region, ...] = (
    Region(
        country="US",
        area="us",
        given_names=_words("Emma Liam Olivia Noah Ava Ethan Sophia Mason Grace Jordan Harper Tyler"),
        family_names=_words(
            "Carter Nguyen Johnson Ramirez Brooks Patel Foster O'Brien Hayes Kim Morgan Reed"
        ),
        full_name="{given} {family}",
        companies=(
            "{family} & Sons LLC",
            "{family} Outdoor Co.",
            "{city} Coffee Roasters",
            "{family} Labs, Inc.",
            "Greater {city} Dental",
            "{city} Freight Inc",
        ),
        streets=("#### Maple Avenue", "### Market Street", "#### W 4th St", "## Harbor Blvd, Suite ###"),
        cities=(
            ("Portland", "OR", "972##"),
            ("Austin", "TX", "787##"),
            ("Denver", "CO", "802##"),
            ("Brooklyn", "NY", "112##"),
            ("Madison", "WI", "537##"),
        ),
        tax_id="##-#######",
    ),
    Region(
        country="GB",
        area="eu",
        given_names=_words("Amelia Oliver Isla George Priya Harry Freya Callum Niamh Alfie Zara Rhys"),
        family_names=_words("Whitfield Patel Hughes MacLeod Ashworth Khan Pritchard Thorne Begum Lockwood"),
        full_name="{given} {family}",
        companies=(
            "{family} & Daughters Ltd",
            "{family} Joinery Ltd",
            "The {city} Tea Company",
            "{family} Consulting LLP",
            "{city} Cycle Hire",
        ),
        streets=("## High Street", "### Station Road", "## Canal Wharf", "# Church Lane"),
        cities=(
            ("London", None, "E# #AB"),
            ("Leeds", None, "LS# #QT"),
            ("Bristol", None, "BS# #HN"),
            ("Edinburgh", None, "EH# #DG"),
        ),
        tax_id="GB#########",
    ),
    Region(
        country="DE",
        area="eu",
        given_names=_words("Hanna Lukas Jürgen Lea Emre Greta Paul Käthe Maximilian Sönke Aylin Friederike"),
        family_names=_words("Müller Becker Schröder Yılmaz Weiß Hoffmann Krüger Vogel Groß Lindemann Böhm"),
        full_name="{given} {family}",
        companies=(
            "{family} Logistik GmbH",
            "Bäckerei {family} e.K.",
            "{family} & Söhne KG",
            "Stadtwerke {city} AG",
            "{family} Maschinenbau GmbH & Co. KG",
        ),
        streets=("Hauptstraße ##", "Lindenallee ###", "Am Südhafen #", "Goethestr. ##"),
        cities=(
            ("Berlin", None, "10###"),
            ("München", "Bayern", "80###"),
            ("Köln", "Nordrhein-Westfalen", "50###"),
            ("Lübeck", "Schleswig-Holstein", "235##"),
        ),
        tax_id="DE#########",
    ),
    Region(
        country="FR",
        area="eu",
        given_names=_words("Chloé Hugo Inès Théo Zoé Raphaël Anaïs Jérôme Salomé Gaël Maëlle Clément"),
        family_names=_words("Lefèvre Moreau Garçon Dubois Benali Rousseau Girard Hérault Marchand Noël"),
        full_name="{given} {family}",
        companies=(
            "Boulangerie {family}",
            "{family} et Fils SARL",
            "Atelier {family} SAS",
            "Les Vergers de {city}",
        ),
        streets=("## rue de la République", "### avenue Jean-Jaurès", "# place de l’Église"),
        cities=(
            ("Lyon", None, "6900#"),
            ("Nantes", None, "44#00"),
            ("Besançon", None, "25000"),
            ("Paris", None, "750##"),
        ),
        tax_id="FR## #########",
    ),
    Region(
        country="IT",
        area="eu",
        given_names=_words("Giulia Matteo Chiara Lorenzo Niccolò Elisa Davide Bianca Tommaso Ludovica"),
        family_names=_words("Rossi Conti D'Angelo Ferrari Bianchi Marchetti Esposito Fontana Galli"),
        full_name="{given} {family}",
        companies=("{family} & Figli S.r.l.", "Officine {family} S.p.A.", "Caffè {city} S.n.c."),
        streets=("Via Garibaldi ##", "Corso Vittorio Emanuele II ###", "Piazza della Libertà #"),
        cities=(("Torino", "TO", "101##"), ("Forlì", "FC", "4712#"), ("Bologna", "BO", "401##")),
        tax_id="IT###########",
    ),
    Region(
        country="ES",
        area="eu",
        given_names=_words("Lucía Martín Sofía Íñigo Núria Álvaro Begoña Pablo Ainhoa Jesús"),
        family_names=_words("García Muñoz Ibáñez Etxeberria Puig Ordóñez Castaño Vidal Peña"),
        full_name="{given} {family}",
        companies=("{family} Hermanos S.L.", "Bodegas {family} S.A.", "Talleres {city} S.L."),
        streets=("Calle Mayor ##", "Avda. de la Constitución ###", "Plaça Nova #"),
        cities=(
            ("Málaga", "Andalucía", "290##"),
            ("A Coruña", "Galicia", "150##"),
            ("Barcelona", None, "080##"),
        ),
        tax_id="ESB########",
    ),
    Region(
        country="PL",
        area="eu",
        given_names=_words("Zofia Jakub Małgorzata Paweł Łukasz Agnieszka Świętosława Tomasz Hania"),
        family_names=_words("Kowalczyk Wójcik Zieliński Dąbrowski Źrebiec Lewandowska Kamińska Bąk"),
        full_name="{given} {family}",
        companies=("{family} Transport sp. z o.o.", "Piekarnia {family}", "{city}-Soft S.A."),
        streets=("ul. Długa ##", "ul. Świętego Marcina ##/#", "al. Niepodległości ###"),
        cities=(("Łódź", None, "9#-###"), ("Kraków", None, "3#-###"), ("Gdańsk", None, "8#-###")),
        tax_id="PL##########",
    ),
    Region(
        country="SE",
        area="eu",
        given_names=_words("Astrid Björn Åsa Linnéa Nils Maja Göran Saga Elias Märta"),
        family_names=_words("Lindqvist Åkesson Sjöberg Nyström Öberg Hedlund Bergström Ahmed"),
        full_name="{given} {family}",
        companies=("{family} Bygg AB", "{city} Rederi AB", "{family} & Partners AB"),
        streets=("Storgatan ##", "Sjövägen #", "Östra Hamngatan ##"),
        cities=(("Malmö", None, "21# ##"), ("Göteborg", None, "41# ##"), ("Umeå", None, "90# ##")),
        tax_id="SE##########01",
    ),
    Region(
        country="TR",
        area="eu",
        given_names=_words("İpek Çağla Emre Şule Ömer Işıl Kerem Gül Yiğit"),
        family_names=_words("Yıldız Öztürk Şahin Çelik Aydın Güneş İnce Kılıç"),
        full_name="{given} {family}",
        companies=("{family} Tekstil A.Ş.", "{city} Gıda Ltd. Şti."),
        streets=("Atatürk Cad. No: ##", "İstiklal Sok. #/##"),
        cities=(("İzmir", None, "35###"), ("Kadıköy", "İstanbul", "347##")),
        tax_id="##########",
    ),
    Region(
        country="BR",
        area="latam",
        given_names=_words("João Larissa Antônio Beatriz Caio Thaís Luís Fernanda Raíssa"),
        family_names=_words("Conceição Araújo Gonçalves Figueirêdo Souza Magalhães Tanaka Brandão"),
        full_name="{given} {family}",
        companies=("{family} Comércio Ltda.", "Café {city} S.A.", "{family} Irmãos ME"),
        streets=("Rua das Acácias, ###", "Av. Paulista, ####", "Travessa São João, ##"),
        cities=(
            ("São Paulo", "SP", "01###-###"),
            ("Belém", "PA", "66###-###"),
            ("Curitiba", "PR", "80###-###"),
        ),
        tax_id="##.###.###/0001-##",
    ),
    Region(
        country="IN",
        area="apac",
        given_names=_words("Ananya Arjun Diya Rohan Kavya Vikram Meera Ishaan Lakshmi Farhan"),
        family_names=_words("Sharma Iyer Banerjee Reddy Kapoor D'Souza Chatterjee Menon Siddiqui"),
        full_name="{given} {family}",
        companies=("{family} Textiles Pvt. Ltd.", "{city} Infotech Pvt. Ltd.", "{family} Brothers"),
        streets=("##, MG Road", "Plot ###, Sector ##", "#/##, Gandhi Nagar"),
        cities=(
            ("Bengaluru", "Karnataka", "5600##"),
            ("Pune", "Maharashtra", "4110##"),
            ("Kolkata", "West Bengal", "7000##"),
        ),
        tax_id="29ABCDE####F1Z#",
    ),
    Region(
        country="CN",
        area="apac",
        given_names=_words("伟:wei 芳:fang 静怡:jingyi 子轩:zixuan 雨桐:yutong 浩然:haoran 秀英:xiuying"),
        family_names=_words("王:wang 李:li 张:zhang 刘:liu 陈:chen 欧阳:ouyang 赵:zhao 黄:huang"),
        full_name="{family}{given}",
        companies=("{city}{family}氏贸易有限公司", "{city}云帆科技有限公司", "{family}记茶业"),
        streets=("中山路###号", "人民大道##号#层"),
        cities=(("上海", None, "2000##"), ("深圳", "广东", "5180##"), ("成都", "四川", "6100##")),
        tax_id="91310000MA########",
    ),
    Region(
        country="JP",
        area="apac",
        given_names=_words("美咲:misaki 翔太:shota 陽菜:hina 健一:kenichi さくら:sakura 蓮:ren 結衣:yui"),
        family_names=_words("佐藤:sato 鈴木:suzuki 高橋:takahashi 田中:tanaka 渡辺:watanabe 髙田:takada"),
        full_name="{family} {given}",
        companies=("株式会社{family}商事", "{city}珈琲合同会社", "有限会社{family}工務店"),
        streets=("中央#-##-#", "本町##番地"),
        cities=(
            ("渋谷区", "東京都", "150-00##"),
            ("京都市", "京都府", "600-8###"),
            ("札幌市", "北海道", "060-00##"),
        ),
        tax_id="T#############",
    ),
    Region(
        country="KR",
        area="apac",
        given_names=_words("서연:seoyeon 민준:minjun 지우:jiwoo 하은:haeun 도윤:doyun 수빈:subin"),
        family_names=_words("김:kim 이:lee 박:park 최:choi 정:jung 강:kang"),
        full_name="{family}{given}",
        companies=("주식회사 {family}앤파트너스", "{city}식품(주)"),
        streets=("테헤란로 ###", "중앙대로 ##번길 #"),
        cities=(("서울", None, "06###"), ("부산", None, "48###")),
        tax_id="###-##-#####",
    ),
    Region(
        country="GR",
        area="eu",
        given_names=_words("Ελένη:eleni Γιώργος:giorgos Κατερίνα:katerina Νίκος:nikos Σοφία:sofia"),
        family_names=_words("Παπαδόπουλος:papadopoulos Νικολάου:nikolaou Βλάχος:vlachos Ιωάννου:ioannou"),
        full_name="{given} {family}",
        companies=("{family} Α.Ε.", "Ελαιώνες {city} Ε.Π.Ε."),
        streets=("Οδός Ερμού ##", "Λεωφ. Κηφισίας ###"),
        cities=(("Αθήνα", None, "1## ##"), ("Θεσσαλονίκη", None, "54# ##")),
        tax_id="EL#########",
    ),
    Region(
        country="UA",
        area="eu",
        given_names=_words("Олена:olena Андрій:andrii Соломія:solomiia Тарас:taras Ірина:iryna"),
        family_names=_words("Шевченко:shevchenko Коваленко:kovalenko Мельник:melnyk Гриценко:hrytsenko"),
        full_name="{given} {family}",
        companies=("ТОВ «{family} і партнери»", "ФОП {family}", "{city}Агро ТОВ"),
        streets=("вул. Шевченка, ##", "просп. Свободи, ###"),
        cities=(("Київ", None, "01###"), ("Львів", None, "790##")),
        tax_id="########",
    ),
    Region(
        country="EG",
        area="mea",
        given_names=_words("مريم:mariam أحمد:ahmed ليلى:layla يوسف:youssef سلمى:salma"),
        family_names=_words("حسن:hassan منصور:mansour السيد:elsayed فاروق:farouk"),
        full_name="{given} {family}",
        companies=("شركة {family} للتجارة", "مخابز {city}"),
        streets=("## شارع التحرير", "### طريق الكورنيش"),
        cities=(("القاهرة", None, "115##"), ("الإسكندرية", None, "215##")),
        tax_id="###-###-###",
    ),
)

# How often a customer is from each, in the same order.
WEIGHTS: tuple[int, ...] = (22, 9, 14, 8, 6, 6, 5, 4, 3, 5, 6, 4, 4, 2, 1, 2, 1)
